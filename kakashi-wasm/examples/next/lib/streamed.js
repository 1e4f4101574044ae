/** Answers with pieces of a text, each when it is read. */
export function streamed(pieces, type) {
  const from = pieces[Symbol.asyncIterator]();
  const body = new ReadableStream({
    async pull(controller) {
      const { done, value } = await from.next();
      if (done) controller.close();
      else controller.enqueue(new TextEncoder().encode(value));
    },
    cancel: () => void from.return(),
  });
  return new Response(body, { headers: { 'content-type': type } });
}
