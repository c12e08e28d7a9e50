import { pathToFileURL } from 'node:url';

/**
 * For the Lambda host: the functions as they were bundled, each with the `handler` AWS would call. They are told by
 * their environment where the local cloud is. Time left is told in seconds of the clock they are given.
 */
export async function createHandlers({ environment, files, speed }) {
  // biome-ignore lint/style/noProcessEnv: what Lambda does before it loads a function.
  Object.assign(process.env, environment);
  const handlers = await Promise.all(
    Object.entries(files).map(async ([name, file]) => {
      const { handler } = await import(pathToFileURL(file).href);
      const invoke = (event, context) =>
        handler(event, {
          getRemainingTimeInMillis: () => context.getRemainingTimeInMillis() * speed,
        });
      return [name, invoke];
    }),
  );
  return Object.fromEntries(handlers);
}
