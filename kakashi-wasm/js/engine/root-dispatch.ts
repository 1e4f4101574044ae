// The road of all loggers without their own, and what all their records carry.

import { consoleSink } from '../sinks/console-sink.js';
import { EMPTY } from '../record/context.js';
import { addRoute } from './emit.js';
import { Outlet } from '../sinks/sink-queue.js';
import { Route } from './dispatch.js';

/** The program's context: its name, version and environment. */
export const base = { context: EMPTY };

let route: Route | undefined;

/** Returns the route; at first it leads to the console. */
export function root(): Route {
  // Made when it is asked for: the entry has said by then what the console is.
  if (!route) {
    route = new Route();
    route.lead([new Outlet(consoleSink(), route.format)]);
    addRoute(route);
  }
  return route;
}
