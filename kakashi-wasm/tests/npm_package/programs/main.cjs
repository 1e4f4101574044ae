const kakashi = require('kakashi-wasm');
import('./scenario.mjs').then(({ scenario }) => scenario(kakashi)).then(() => console.log('ok'));
