import { join } from 'node:path'

/** Nets with data of their own: the file, and the flags for samples to fit to and others to judge by. */
export function netsIn(shared) {
  const cifar = ['images', 'labels'].flatMap((what) => {
    const [end, flag] = what === 'images' ? ['.npy.gz', 'data'] : ['.npy', 'labels']
    return ['train', 'test'].flatMap((set) => [
      `--${set === 'test' ? 'test-' : ''}${flag}`,
      join(shared, `data/cifar10/${set}_${what}${end}`),
    ])
  })
  const imagenet = ['--data', 'calibration', '--test-data', 'test'].map((word) =>
    word.startsWith('--') ? word : join(shared, 'data/imagenet', word),
  )
  const files = (folder, names) => names.flatMap(([flag, name]) => [`--${flag}`, join(shared, folder, name)])
  const camvid = files('data/camvid', [
    ['data', 'train_images.npy.gz'],
    ['labels', 'train_labels.npy.gz'],
    ['test-data', 'test_images.npy.gz'],
    ['test-labels', 'test_labels.npy.gz'],
  ])
  const person = files('data/person', [
    ['data', 'train_images.npy.gz'],
    ['labels', 'train_boxes.json'],
    ['test-data', 'test_images.npy.gz'],
    ['test-labels', 'test_boxes.json'],
  ])
  const shapes = files('trained/shapes', [
    ['data', 'calibration'],
    ['test-data', 'test'],
  ])
  return {
    cifar_ibn: { file: 'trained/cifar_ibn.onnx', data: [...cifar, '--preprocess', 'none'] },
    cifar_dw: { file: 'trained/cifar_dw.onnx', data: [...cifar, '--preprocess', 'none'] },
    shapes_ibn: { file: 'trained/shapes/shapes_ibn.onnx', data: [...shapes, '--preprocess', 'tensorflow'] },
    camvid_seg: { file: 'trained/camvid_seg.onnx', data: [...camvid, '--preprocess', 'none'] },
    person_det: { file: 'trained/person_det.onnx', data: [...person, '--preprocess', 'none'] },
    mobilenetv2: { file: 'models/mobilenetv2_1.0_224.onnx', data: [...imagenet, '--preprocess', 'tensorflow'] },
  }
}
