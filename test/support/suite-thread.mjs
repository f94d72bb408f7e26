// First in each thread that runs suites against a service. The runner keeps no time: a test or hook that hangs would hang
// the run. So each gets the usual limit, or the one that its suite names.
import { addEventHandler } from 'jest-circus';
import { usualLimit } from './usual-limit.mjs';

// Only these threads read TypeScript as they load it; what they start does not.
delete process.env.NODE_OPTIONS;

addEventHandler((event, { currentDescribeBlock }) => {
  const limit = event.timeout ?? usualLimit;
  if (event.name === 'add_test') limitTime(currentDescribeBlock.children.at(-1), event.testName, limit);
  if (event.name === 'add_hook') limitTime(currentDescribeBlock.hooks.at(-1), event.hookType, limit);
});

function limitTime(runnable, name, limit) {
  const { fn } = runnable;
  if (typeof fn !== 'function') return;
  runnable.fn = async () => {
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} took longer than ${limit} ms.`)), limit);
    });
    try {
      await Promise.race([fn(), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
