import { getLogger } from 'kakashi-wasm';

export const dynamic = 'force-dynamic';

export default function Page() {
  getLogger('shop').info('Page shown');
  return <p>A shop</p>;
}
