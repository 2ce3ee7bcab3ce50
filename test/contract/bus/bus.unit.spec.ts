import { jetStreamSuite } from './jetstream.strategy.suite';
import { servicesSuite } from './services.strategy.suite';
import { streamSuite } from './stream.suite';
import { tracedRequestsSuite } from './traced-requests.suite';
import { VirtualBus } from './virtual-bus';

const TWIN = 'the twin';
streamSuite(TWIN, () => VirtualBus.start());
jetStreamSuite(TWIN, () => VirtualBus.start());
servicesSuite(TWIN, () => VirtualBus.start());
tracedRequestsSuite(TWIN, () => VirtualBus.start());
