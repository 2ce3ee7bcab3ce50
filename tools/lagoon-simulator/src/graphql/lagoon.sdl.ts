import { LAGOON_ENUMS } from './lagoon-enums.sdl';
import { LAGOON_INPUTS } from './lagoon-inputs.sdl';
import { LAGOON_OPERATIONS } from './lagoon-operations.sdl';
import { LAGOON_TYPES } from './lagoon-types.sdl';

/** The part of Lagoon's schema that an upgrade touches, under Lagoon's own names and nullability. */
export const LAGOON_SDL = [LAGOON_ENUMS, LAGOON_TYPES, LAGOON_INPUTS, LAGOON_OPERATIONS].join('\n');
