// Hands requests on with their ids; what it answers itself has a record of its own.
import { NextResponse } from 'next/server';
import { withKakashi } from 'kakashi-wasm/next';

export const proxy = withKakashi(({ nextUrl }) => (nextUrl.pathname.startsWith('/old/') ? NextResponse.redirect(new URL(`/orders/${nextUrl.pathname.slice(5)}`, nextUrl)) : NextResponse.next()));
