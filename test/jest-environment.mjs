/**
 * Jest's environment for Node, which also disables what Jest leaves enabled: for each test file, Jest makes an AsyncLocalStorage and
 * never disables it. Up to Node 22, each new promise then costs time for every file that the worker ran before.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { TestEnvironment } from 'jest-environment-node';

const enabled = new Set();
const { run } = AsyncLocalStorage.prototype;

AsyncLocalStorage.prototype.run = function (...args) {
  enabled.add(this);
  return run.apply(this, args);
};

/** Jest calls it with `new`, and uses the object that it returns. */
export default function NodeEnvironment(config, context) {
  const environment = new TestEnvironment(config, context);
  const teardown = environment.teardown.bind(environment);
  environment.teardown = async () => {
    await teardown();
    for (const storage of enabled) storage.disable();
    enabled.clear();
  };
  return environment;
}
