// The package ships no types for its main entry; this is the one class used.
declare module 'ml-regression' {
  export class MultivariateLinearRegression {
    /** x: samples x features, y: samples x outputs. */
    constructor(x: number[][], y: number[][], options?: { intercept?: boolean; statistics?: boolean })
    /** features (and the intercept) x outputs */
    readonly weights: number[][]
    predict(x: number[][]): number[][]
  }
}
