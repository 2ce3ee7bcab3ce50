// Suites that start real servers wait for them; a file may set a limit of its own.
jest.setTimeout(30_000);
