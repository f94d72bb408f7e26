import { Controller, Get, Param, Post } from '@nestjs/common';
import { IfMatch } from '../etag.js';
import { RetryWith, type RetryKey } from '../retry-key.js';
import { readHandlerFacts } from './handler-facts.js';

@Controller('things')
class ThingsController {
  @Get(':thingId')
  getThing(@Param('thingId') thingId: string): string {
    return thingId;
  }

  @Post()
  createThing(@RetryWith() retry?: RetryKey): unknown {
    return retry;
  }

  @Post(':thingId')
  changeThing(@Param('thingId') thingId: string, @IfMatch() ifMatch?: string): unknown {
    return [thingId, ifMatch];
  }
}

describe('readHandlerFacts', () => {
  const facts = readHandlerFacts([ThingsController]);

  it.each([
    ['getThing', { acceptsRetryKey: false, acceptsIfMatch: false }],
    ['createThing', { acceptsRetryKey: true, acceptsIfMatch: false }],
    ['changeThing', { acceptsRetryKey: false, acceptsIfMatch: true }],
  ])('knows what %s takes', (method, expected) => {
    expect(facts.get(`ThingsController.${method}`)).toEqual(expected);
  });
});
