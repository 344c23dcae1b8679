/** Which inputs production is asked again. */
export interface NoiseSample {
  /** Of the rows that were paired; 0 turns it off. */
  share: number;
  /** So many at least, from the first pair on: fewer say nothing about noise. */
  rowsMin: number;
}

export const noiseSampleDefault: NoiseSample = { share: 0.05, rowsMin: 200 };

export function isRepeatDue({ share, rowsMin }: NoiseSample, repeatedRows: number, pairedRows: number): boolean {
  return share > 0 && repeatedRows < Math.max(rowsMin, share * pairedRows);
}
