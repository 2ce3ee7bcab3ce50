import { RouteTable } from './problem-details.filter';

describe('RouteTable', () => {
  const routes = new RouteTable();
  routes.add('GET', '/v1/instances/:id');
  routes.add(['POST', 'GET'], '/v1/instances');

  it.each([
    ['/v1/instances', ['POST', 'GET']],
    ['/v1/instances/abc', ['GET']],
    ['/v1/instances/abc/more', []],
    ['/v1', []],
  ])('knows the methods of %s', (path, methods) => {
    expect(routes.methodsOf(path)).toEqual(methods);
  });
});
