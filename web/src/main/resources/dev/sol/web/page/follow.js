// Keeps the end of what comes in sight, until the reader goes elsewhere.
import { isCardShown } from './card.js';

const NEAR = 80; // pixels
const root = document.documentElement;
let isFollowing = false;
let last = 0;

function atEnd() {
  return root.scrollHeight - innerHeight - scrollY < NEAR;
}

function toEnd() {
  if (isFollowing && !isCardShown()) scrollTo(0, root.scrollHeight);
}

export function follow() {
  isFollowing = true;
  toEnd();
}

/** @param element what grows */
export function watchGrowth(element) {
  new ResizeObserver(toEnd).observe(element);
  addEventListener('scroll', () => {
    if (scrollY < last) isFollowing = false; // what grows never scrolls back
    else if (atEnd()) isFollowing = true;
    last = scrollY;
  }, { passive: true });
}
