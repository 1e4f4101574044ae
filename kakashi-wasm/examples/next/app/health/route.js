import { logged } from '../../lib/logged.js';

export const GET = logged('/health', () => new Response('ok'));
