// What one record costs a Rust program in wasm, in Node, with a console that does
// nothing: `node kakashi-wasm/bench/rust/run.mjs`. Needs cargo, the target
// wasm32-unknown-unknown and wasm-bindgen-cli 0.2.130.
//
// Each logger runs in a process of its own, by turns, so that a warm engine
// favours none; the time is the processor's, so that a busy machine does not
// either. What kakashi has buffered is written within the time that is taken.

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(here, "target");
const out = join(target, "node");
const rounds = 5;

const loggers = [
  { name: "kakashi", begin: "begin_kakashi", run: "run_kakashi", records: 500_000 },
  { name: "console_log", begin: "begin_console_log", run: "run_console_log", records: 200_000 },
  { name: "console_log, the same line", begin: "begin_console_log", run: "run_console_log_same_line", records: 100_000 },
  { name: "tracing-wasm", begin: "begin_tracing_wasm", run: "run_tracing_wasm", records: 50_000 },
  { name: "tracing-wasm, no timeline", begin: "begin_tracing_wasm_plain", run: "run_tracing_wasm", records: 200_000 },
  { name: "(the clock alone)", begin: "", run: "run_clock", records: 1_000_000 },
];

function measure(logger) {
  const wasm = createRequire(import.meta.url)(join(out, "kakashi_wasm_bench.js"));
  const print = console.log.bind(console);
  for (const method of ["debug", "log", "info", "warn", "error"]) console[method] = () => {};
  if (logger.begin) wasm[logger.begin]();
  // The engine compiles what is hot first.
  wasm[logger.run](logger.records / 5);
  performance.clearMarks?.();
  performance.clearMeasures?.();
  const start = process.cpuUsage();
  wasm[logger.run](logger.records);
  const { user, system } = process.cpuUsage(start);
  print(((user + system) * 1000) / logger.records);
  process.exit(0);
}

const only = loggers.find(({ name }) => name === process.argv[2]);
if (only) measure(only);

const cargo = ["build", "--release", "--target", "wasm32-unknown-unknown", "--manifest-path", join(here, "Cargo.toml")];
execFileSync("cargo", cargo, { stdio: "inherit", env: { ...process.env, CARGO_TARGET_DIR: target } });
const wasm = join(target, "wasm32-unknown-unknown/release/kakashi_wasm_bench.wasm");
execFileSync("wasm-bindgen", ["--target", "nodejs", "--out-dir", out, wasm], { stdio: "inherit" });

const times = new Map(loggers.map(({ name }) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const { name } of loggers) {
    times.get(name).push(Number(execFileSync(process.execPath, [fileURLToPath(import.meta.url), name]).toString()));
  }
}
const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const own = median(times.get("kakashi"));
console.log(`| logger | ns a record | to kakashi |\n|---|---:|---:|`);
for (const { name } of loggers) {
  const time = median(times.get(name));
  console.log(`| ${name} | ${time.toFixed(0)} | ${(time / own).toFixed(2)} |`);
}
