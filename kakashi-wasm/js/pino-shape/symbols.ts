// The names of `pino.symbols`, by which extensions of pino ask a logger for its settings.

/** Those whose values a logger has here, too. */
const ANSWERED = ['setLevel', 'getLevel', 'levelVal', 'serializers', 'formatters', 'messageKey', 'errorKey', 'nestedKey', 'msgPrefix', 'mixin', 'useOnlyCustomLevels'] as const;
/** Those of pino's own machinery: no logger of ours has a value for them. */
const OTHERS = ['levelComp', 'useLevelLabels', 'lsCache', 'chindings', 'asJson', 'write', 'redactFmt', 'time', 'timeSliceIndex', 'stream', 'stringify', 'stringifySafe', 'stringifiers', 'end', 'formatOpts', 'wildcardFirst', 'hooks', 'nestedKeyStr', 'mixinMergeStrategy'] as const;

type Answered = `${(typeof ANSWERED)[number]}Sym`;
type Other = `${(typeof OTHERS)[number]}Sym` | 'transportUsesMultistreamSym' | 'needsMetadataGsym';

/** pino's symbols, by their names. */
export const symbols: Readonly<Record<Answered | Other, symbol>> = {
  ...Object.fromEntries([...ANSWERED, ...OTHERS].map((name) => [`${name}Sym`, Symbol(`pino.${name}`)])),
  transportUsesMultistreamSym: Symbol('pino.transport.usesMultistream'),
  needsMetadataGsym: Symbol.for('pino.metadata'),
} as Record<Answered | Other, symbol>;
