export * from './access-on';
