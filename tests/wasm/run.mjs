// Runs the tests of the WebAssembly module that is given, each in an instance of its own. Prints them, and how many there were.
import { readFile } from "node:fs/promises";

const LIMIT = 20_000;

class LeftOut extends Error {}

const module = await WebAssembly.compile(await readFile(process.argv[2]));
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const leftOut = new Map();

function instance(ended = () => {}) {
  let exports;
  const state = { name: "", panic: "" };
  const text = (start, length) => new TextDecoder().decode(new Uint8Array(exports.memory.buffer, start, length));
  // An error in a callback of JavaScript's is that of the test.
  const callback = (call) => () => {
    if (state.over) return;
    try {
      call();
    } catch (error) {
      state.over = true;
      ended(error);
    }
  };
  const harness = {
    name: (start, length) => { state.name = text(start, length); },
    panicked: (start, length) => { state.panic = text(start, length); },
    leave_out: (start, length) => { throw new LeftOut(text(start, length)); },
  };
  const javascript = {
    queue_microtask: () => queueMicrotask(callback(() => exports.poll_task())),
    set_timeout: (event, milliseconds) => {
      const timer = setTimeout(callback(() => exports.settle(event, 1)), milliseconds);
      // Those of children that were dropped keep nothing running.
      if (milliseconds > LIMIT) timer.unref();
    },
    make_promise: async (event, steps, fulfil) => {
      for (let step = 0; step < steps; step++) await null;
      (fulfil ? Promise.resolve() : Promise.reject(new Error("rejected"))).then(
        callback(() => exports.settle(event, 1)),
        callback(() => exports.settle(event, 0)),
      );
    },
    milliseconds: () => performance.now(),
    end: () => { state.over = true; ended(null); },
  };
  exports = new WebAssembly.Instance(module, { harness, javascript }).exports;
  return { exports, state, tests: exports.count() };
}

function report(name, state, error, shouldPanic = false) {
  // What needs a thread finds out as it asks for one.
  const needs = error instanceof LeftOut ? error.message
    : error !== null && /failed to spawn thread|message: "operation not supported on this platform"/.test(state.panic) ? "a thread"
    : null;
  if (needs !== null) {
    counts.skipped++;
    leftOut.set(needs, (leftOut.get(needs) ?? 0) + 1);
    console.log(`test ${name} ... left out: needs ${needs}`);
  } else if ((error !== null) === shouldPanic) {
    counts.passed++;
    console.log(`test ${name} ... ok`);
  } else {
    counts.failed++;
    failures.push(name);
    console.log(`test ${name} ... FAILED\n${state.panic || "it did not panic"}\n${error?.stack ?? ""}`);
  }
}

const all = instance();
for (let test = 0; test < all.tests; test++) {
  const { exports, state } = instance();
  const shouldPanic = exports.describe(test) !== 0;
  let error = null;
  try {
    exports.run(test);
  } catch (thrown) {
    error = thrown;
  }
  report(state.name, state, error, shouldPanic);
}
const ordinary = { ...counts };

for (let test = 0; test < all.exports.count_javascript(); test++) {
  const ended = Promise.withResolvers?.() ?? {};
  ended.promise ??= new Promise((resolve) => { ended.resolve = resolve; });
  const { exports, state } = instance(ended.resolve);
  exports.describe_javascript(test);
  const name = `javascript::${state.name}`;
  const timer = setTimeout(() => ended.resolve(new Error("it hangs")), LIMIT);
  exports.start_javascript(test);
  report(name, state, await ended.promise);
  state.over = true;
  clearTimeout(timer);
}

console.log(`\n${ordinary.passed} of the library's tests and ${counts.passed - ordinary.passed} with JavaScript's timers and promises`);
for (const [needs, count] of leftOut) console.log(`${count} left out, which need ${needs}`);
// A panic within what catches panics may be a failed assertion: if there are many, look.
const areFew = 4 * counts.skipped < counts.passed;
if (!areFew) console.log("too many are left out");
if (counts.failed > 0) console.log(`failed: ${failures.join(", ")}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 && areFew ? 0 : 1);
