// Next calls both: at the start of each of its servers, and for each error that no handler's record has.
import { register as configure } from 'kakashi-wasm/next';

export { onRequestError } from 'kakashi-wasm/next';

export function register() {
  configure({ format: 'json', service: { name: 'shop' } });
}
