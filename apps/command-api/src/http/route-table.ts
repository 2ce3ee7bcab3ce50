interface Route {
  readonly method: string;
  readonly pattern: RegExp;
}

/** Which methods a path takes: tells "no such route" from "not with this method". */
export class RouteTable {
  private readonly routes: Route[] = [];

  add(method: string | readonly string[], url: string): void {
    const pattern = new RegExp(`^${url.replace(/:[A-Za-z]+/g, '[^/]+')}/?$`);
    for (const one of [method].flat()) this.routes.push({ method: one, pattern });
  }

  methodsOf(path: string): readonly string[] {
    const matching = this.routes.filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.map(({ method }) => method))];
  }
}
