import type { OpenAPIObject } from '@nestjs/swagger';

/** Holds the description once the application that it describes exists. */
export class PublishedApi {
  private made: OpenAPIObject | undefined;
  private make: (() => OpenAPIObject) | undefined;

  describeWith(make: () => OpenAPIObject): void {
    this.make = make;
  }

  get document(): OpenAPIObject {
    this.made ??= this.make?.();
    if (!this.made) throw new Error('The application is not described yet');
    return this.made;
  }
}
