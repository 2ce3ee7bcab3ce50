/** Raised when a fold makes other rows of the same events: older rows must be rebuilt, never mixed. */
export const READ_MODEL_VERSION = 2;
