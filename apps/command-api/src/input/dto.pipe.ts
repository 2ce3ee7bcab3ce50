import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { UnreadBody } from '../http/unread-body';
import { refusal } from '../problems/problem';
import type { DtoType } from './read-dto';
import { readDto } from './read-dto';

/** Reads a body or query as the DTO class that the parameter declares. */
@Injectable()
export class DtoPipe implements PipeTransform {
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if (metatype === undefined) throw new TypeError('A validated parameter declares a DTO class');
    if (value instanceof Readable || value instanceof UnreadBody) {
      throw refusal('unsupported-media-type', 'Send the body as application/json');
    }
    const plain: unknown = type === 'query' ? { ...(value as object) } : value;
    return readDto(metatype as DtoType<object>, plain);
  }
}
