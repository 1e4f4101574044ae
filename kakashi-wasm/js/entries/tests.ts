// Test runners: what is logged in a test is shown with it, or never.

import { variable } from '../platform.js';

/** Whether a test runner runs the program: Vitest, Jest, Node's, Bun's, or one that says so by NODE_ENV. @internal */
export function isTest(): boolean {
  return variable('NODE_ENV') === 'test' || ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT'].some(variable);
}
