// Part of every suite: see `setupFilesAfterEnv` in jest.config.js.
import { cleanUp } from './at-end.js';

afterAll(cleanUp);
