import { fakeClock } from '@thuban/testing';
import { followTopicOfOthers } from './follow-topic.js';

describe('followTopicOfOthers', () => {
  const start = () => {
    const clock = fakeClock();
    const stopping = new AbortController();
    const state = { publishes: false, following: 0 };
    const follow = (signal: AbortSignal): Promise<void> => {
      state.following++;
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          state.following--;
          resolve();
        }),
      );
    };
    const ended = followTopicOfOthers({ follow, publishes: () => state.publishes, clock, signal: stopping.signal });
    return { clock, state, stopping, ended };
  };

  it('follows while another process publishes, and stops when this one does', async () => {
    const { clock, state, stopping, ended } = start();
    expect(state.following).toBe(1);
    state.publishes = true;
    await clock.advance(1_000);
    expect(state.following).toBe(0);
    await clock.advance(10_000);
    expect(state.following).toBe(0);
    state.publishes = false;
    await clock.advance(1_000);
    expect(state.following).toBe(1);
    stopping.abort();
    await ended;
    expect(state.following).toBe(0);
  });
});
