// The package ships no types for its main entry; these are the classes used.
declare module 'ml-regression' {
  interface OneVariable {
    predict(x: number): number
  }
  /** y = slope x + intercept */
  export const SimpleLinearRegression: new (x: number[], y: number[]) => OneVariable
  /** y = A x^B, fitted on logarithms */
  export const PowerRegression: new (x: number[], y: number[]) => OneVariable
}
