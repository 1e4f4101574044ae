// The event of pino's loggers: `level-change`, told to who listens at a logger or at those above it.

/** Called with the new level and its number, those of before, and the logger. */
export type LevelChangeListener = (level: string, value: number, previousLevel: string, previousValue: number, logger: never) => void;

/** What a logger has of Node's EventEmitter. */
export class LevelEvents {
  private listening: { event: string; listener: LevelChangeListener; once: boolean }[] = [];
  /** The logger that this is a child of. @internal */
  above: LevelEvents | undefined;

  declare addListener: this['on'];
  declare removeListener: this['off'];

  on(event: string, listener: LevelChangeListener): this {
    this.listening.push({ event, listener, once: false });
    return this;
  }

  once(event: string, listener: LevelChangeListener): this {
    this.listening.push({ event, listener, once: true });
    return this;
  }

  off(event: string, listener: LevelChangeListener): this {
    const at = this.listening.findLastIndex((each) => each.event === event && each.listener === listener);
    if (at >= 0) this.listening.splice(at, 1);
    return this;
  }

  removeAllListeners(event?: string): this {
    this.listening = this.listening.filter((each) => event !== undefined && each.event !== event);
    return this;
  }

  listenerCount(event: string): number {
    return this.listening.filter((each) => each.event === event).length;
  }

  emit(event: string, ...given: unknown[]): boolean {
    const called = this.listening.filter((each) => each.event === event);
    this.listening = this.listening.filter((each) => !(each.once && called.includes(each)));
    for (const { listener } of called) (listener as (...given: unknown[]) => void).apply(this, given);
    return (this.above?.emit(event, ...given) ?? false) || called.length > 0;
  }
}

LevelEvents.prototype.addListener = LevelEvents.prototype.on;
LevelEvents.prototype.removeListener = LevelEvents.prototype.off;
