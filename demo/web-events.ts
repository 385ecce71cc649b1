/** What a visitor of the web page did, as a record's value. */
export interface WebEvent {
  /** ISO 8601, UTC. */
  readonly timestamp: string
  readonly userAgent: string
  readonly colorName: string
  readonly userName: string
}

const FAMILY_NAMES = [...'김이박최정강조윤장임한오서신권황안송류홍']
const GIVEN_NAMES = [
  ...['민준', '서연', '도윤', '하은', '시우', '지유', '예준', '수아', '주원', '지호'],
  ...['서윤', '은우', '다은', '건우', '채원', '유진', '현우', '나래', '슬기', '한결'],
]
/** Names that careless code breaks: quotes, accents, other scripts. */
const OTHER_NAMES = [
  'Zoë Müller',
  "Conor O'Brien",
  'Ada "Countess" Lovelace',
  '田中さくら',
  'Ян Ковач',
]
const OTHER_NAMES_SHARE = 0.1
const COLORS = ['red', 'orange', 'yellow', 'green', 'blue', 'indigo', 'violet', '하늘색', '연두색']
const USER_AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 15; SM-S938N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
  'curl/8.16.0',
]

/**
 * An endless series of events: the same for the same seed, but for the times, which are the
 * caller's.
 * @returns the next event, said to have happened at `nowMs`
 */
export function webEvents(seed: number): (nowMs: number) => WebEvent {
  const random = randomNumbers(seed)
  const oneOf = (choices: readonly string[]) => choices[Math.floor(random() * choices.length)] ?? ''
  const userName = () =>
    random() < OTHER_NAMES_SHARE ? oneOf(OTHER_NAMES) : oneOf(FAMILY_NAMES) + oneOf(GIVEN_NAMES)
  return (nowMs) => ({
    timestamp: new Date(nowMs).toISOString(),
    userAgent: oneOf(USER_AGENTS),
    colorName: oneOf(COLORS),
    userName: userName(),
  })
}

/** Numbers in [0, 1), the same for the same seed: a linear congruential generator of 32 bits. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
