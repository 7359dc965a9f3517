import type { MediaForge } from "@mediaforge/client";
import { mediaForge } from "./client";
import { type Failure, failureOf, type Open } from "./store";

type Start<T> = (mf: MediaForge, next: (value: T) => void, fail: (failure: Failure) => void) => () => void;

/** Listens with the client, which is loaded first. Ended meanwhile, it never begins. */
export function listening<T>(start: Start<T>): Open<T> {
  return (next, fail) => {
    let isOver = false;
    let stop: (() => void) | undefined;
    mediaForge().then(
      (mf) => {
        if (!isOver) stop = start(mf, next, (error) => fail(failureOf(error)));
      },
      (error: unknown) => fail(failureOf(error)),
    );
    return () => {
      isOver = true;
      stop?.();
    };
  };
}

/** Reads once what does not have to be listened to. */
export function reading<T>(read: (mf: MediaForge) => Promise<T>): Open<T> {
  return (next, fail, done) => {
    mediaForge()
      .then(read)
      .then(
        (value) => {
          next(value);
          done();
        },
        (error: unknown) => fail(failureOf(error)),
      );
    return () => {};
  };
}

/** Reads what can only be listened to: its first word. */
export function once<T>(
  start: (
    mf: MediaForge,
    key: string,
    next: (value: T) => void,
    fail: (failure: Failure) => void,
  ) => () => void,
): (key: string) => Promise<T> {
  return (key) =>
    new Promise((resolve, reject) => {
      const stop = listening<T>((mf, next, fail) => start(mf, key, next, fail))(
        (value) => {
          stop();
          resolve(value);
        },
        reject,
        () => {},
      );
    });
}
