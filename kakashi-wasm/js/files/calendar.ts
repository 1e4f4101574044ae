// Hours and days, in UTC or in the system's time zone (as kakashi-std/src/sinks/rotating_file/calendar.rs).

const HOUR = 3600;
const DAY = 24 * HOUR;

/** How long a file lasts. */
export type Period = 'hour' | 'day' | undefined;

/** Says when a file's time is over, and how that time is named. Seconds are those since 1970. */
export class Calendar {
  constructor(
    readonly period: Period,
    readonly isLocal: boolean,
  ) {}

  /** The second after the last of the period that a second lies in. */
  endOfPeriod(second: number): number {
    if (!this.period) return Infinity;
    if (this.isLocal) {
      const at = new Date(second * 1000);
      if (this.period === 'hour') return second + HOUR - 60 * at.getMinutes() - at.getSeconds();
      return Math.floor(new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1).getTime() / 1000);
    }
    const length = this.period === 'day' ? DAY : HOUR;
    return (Math.floor(second / length) + 1) * length;
  }

  /** Names the period that a second lies in, or the second where there are no periods. */
  stamp(second: number): string {
    const at = new Date(second * 1000);
    // What a local clock shows, as if it were in UTC.
    const shown = this.isLocal ? new Date(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds())) : at;
    const text = shown.toISOString().slice(0, 19).replaceAll(':', '-');
    return this.period ? text.slice(0, this.period === 'day' ? 10 : 13) : text;
  }
}

/** Whether a text is what {@link Calendar.stamp} makes. */
export function isStamp(text: string): boolean {
  return /^\d{4}-\d\d-\d\d(T\d\d(-\d\d-\d\d)?)?$/.test(text);
}
