/** Kakashi's levels, lowest first. */

export const LEVEL_NAMES = ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
export type LevelWord = (typeof LEVEL_NAMES)[number];

const NUMBERS: Record<LevelWord, number> = { TRACE: 5, DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50 };

/** Returns the name of one of the six levels. */
export function levelName(number: number): LevelWord | undefined {
  return LEVEL_NAMES.find((name) => NUMBERS[name] === number);
}

/** Returns the number that a name stands for; 0 for one that is no level's. */
export function levelNumber(name: string): number {
  const upper = name.toUpperCase();
  if (upper === 'WARN') return NUMBERS.WARNING;
  if (upper === 'FATAL') return NUMBERS.CRITICAL;
  return NUMBERS[upper as LevelWord] ?? 0;
}
