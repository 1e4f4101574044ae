// Random calls against a model. A seed that fails is in the name of its test.

import { test } from 'node:test';
import { fresh } from '../shared/kakashi.mjs';
import { Model } from '../shared/model.mjs';
import { Random } from '../shared/random.mjs';
import { addsUp } from '../shared/sums.mjs';

const RUNS = 240;
const STEPS = 400;

for (let seed = 1; seed <= RUNS; seed++) {
  test(`whatever happens, nothing is lost without a number, doubled, mixed up or out of order: seed ${seed}`, async (t) => {
    const kakashi = await fresh();
    kakashi.configure({ limits: { bytes: 1 << 20 } });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const model = new Model(kakashi, new Random(seed), t.mock.timers);
    for (let step = 0; step < STEPS; step++) {
      await model.step();
      if (step % 16 === 0) addsUp(kakashi);
    }
    await model.end();
    model.check();
  });
}
