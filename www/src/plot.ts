/** Plots records per second over the last minute. */

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { byId, make } from './dom';
import { short, whole } from './number';

const SECONDS = 60;
const PER_SECOND = 2;
const POINTS = SECONDS * PER_SECOND + 1;

export class Plot {
  readonly #box = byId('plot', HTMLDivElement);
  readonly #key = byId('plot-key', HTMLParagraphElement);
  readonly #arrived = new Array<number>(POINTS).fill(0);
  readonly #dropped = new Array<number>(POINTS).fill(0);
  /** Seconds before now; the newest is 0. */
  readonly #ages = Array.from({ length: POINTS }, (_, index) => (index - POINTS + 1) / PER_SECOND);
  #plot: uPlot | undefined;
  #last = { at: performance.now(), arrived: 0, dropped: 0 };
  #peak = 0;

  /** How often {@link sample} wants to be called. */
  static readonly everyMillis = 1000 / PER_SECOND;

  constructor() {
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.#box);
  }

  /** Takes totals, and computes the rates. */
  sample(arrived: number, dropped: number): void {
    const at = performance.now();
    const seconds = Math.max(0.05, (at - this.#last.at) / 1000);
    const rate = Math.max(0, arrived - this.#last.arrived) / seconds;
    push(this.#arrived, rate);
    push(this.#dropped, Math.max(0, dropped - this.#last.dropped) / seconds);
    this.#last = { at, arrived, dropped };
    this.#peak = Math.max(this.#peak, rate);
    this.#plot?.setData(this.#data());
    this.#showKey(rate);
  }

  /** Draws it anew, in the current colours. */
  draw(): void {
    this.#plot?.destroy();
    const css = (name: string) => colour(this.#box, name);
    const axis = { stroke: css('--soft'), font: '12px system-ui, sans-serif', ticks: { show: false } };
    const grid = { stroke: css('--hairline'), width: 1 };
    this.#plot = new uPlot(
      {
        ...this.#size(),
        padding: [10, 12, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: () => [-SECONDS, 0] },
          y: { range: (_plot, _min, max) => [0, Math.max(10, max * 1.12)] },
        },
        axes: [
          { ...axis, grid, size: 26, splits: () => [-60, -45, -30, -15, 0], values: (_plot, at) => at.map(age) },
          { ...axis, grid, size: 52, space: 34, values: (_plot, rates) => rates.map((rate) => (rate % 1 ? '' : short(rate))) },
        ],
        series: [
          {},
          // The one that is mostly 0 lies below.
          { stroke: css('--bad'), width: 1.75, points: { show: false } },
          { stroke: css('--accent'), fill: css('--tint'), width: 1.75, points: { show: false } },
        ],
      },
      this.#data(),
      this.#box,
    );
    this.#showKey(this.#arrived.at(-1)!);
  }

  #data(): uPlot.AlignedData {
    return [this.#ages, this.#dropped, this.#arrived];
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(120, this.#box.clientWidth), height: this.#box.clientHeight };
  }

  #showKey(rate: number): void {
    const peak = `now ${whole(rate)}/s, peak ${whole(this.#peak)}/s`;
    this.#key.replaceChildren(`records per second: ${peak}`, legend('swatch', 'arrived'), legend('swatch bad', 'dropped'));
    this.#box.ariaLabel = `Records per second over the last minute: ${peak}`;
  }
}

function push(series: number[], rate: number): void {
  series.shift();
  series.push(rate);
}

function legend(swatch: string, text: string): HTMLElement {
  return make('span', 'legend', ' ', make('i', swatch), text);
}

function age(seconds: number): string {
  return seconds === 0 ? 'now' : `${seconds} s`.replace('-', '−');
}

/** Resolves a colour of the style sheet, which a canvas cannot. */
function colour(inside: HTMLElement, name: string): string {
  const probe = make('i');
  probe.style.color = `var(${name})`;
  inside.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
