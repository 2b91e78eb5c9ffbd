import { unknownDim } from '../dim.js'
import { defineOp } from './define.js'

export const nonMaxSuppression = defineOp({
  type: 'NonMaxSuppression',
  signatures: {
    10: '(boxes: float, scores: float, max_output_boxes_per_class?: int64, iou_threshold?: float, score_threshold?: float) -> (selected_indices: int64) {center_point_box: int = 0}',
    11: '(boxes: float, scores: float, max_output_boxes_per_class?: int64, iou_threshold?: float, score_threshold?: float) -> (selected_indices: int64) {center_point_box: int = 0}',
  },
  dims: () => [[unknownDim(), 3]],
})

export const detectionOps = [nonMaxSuppression]
