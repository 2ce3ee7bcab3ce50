const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

const { compileFunction } = vm;
const scripts = new Map();

/**
 * Jest has V8 compile every module again for each suite. Here a worker compiles it once; each suite still runs it in a
 * context of its own.
 */
vm.compileFunction = (code, parameters, options = {}) => {
  const { filename, parsingContext } = options;
  // What imports at run time has to ask the runtime of its own suite.
  if (parsingContext === undefined || code.includes('import(')) {
    return compileFunction(code, parameters, options);
  }
  let known = scripts.get(filename);
  if (known?.code !== code) {
    known = { code, script: scriptOf(code, parameters, filename) };
    scripts.set(filename, known);
  }
  return known.script.runInContext(parsingContext);
};

function scriptOf(code, parameters, filename) {
  const opening = `(function (${parameters.join(', ')}) {`;
  return new vm.Script(`${opening}${code}\n})`, { filename, columnOffset: -opening.length });
}

module.exports = TestEnvironment;
