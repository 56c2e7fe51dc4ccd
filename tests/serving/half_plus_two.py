"""The model of TensorFlow Serving's own tests: y = x/2 + 2, y2 = x/2 + 3, y3 = x2/2 + 3."""

import tensorflow as tf

v1 = tf.compat.v1


def write_half_plus_two(path, add=2.0):
    """Write it as a TensorFlow 1 SavedModel, with the names of its tensors."""
    with tf.Graph().as_default(), v1.Session() as session:
        a, b, c = (
            v1.Variable(value, name=n) for n, value in zip("abc", (0.5, add, 3.0), strict=True)
        )
        serialized = v1.placeholder(tf.string, name="tf_example")
        features = v1.io.parse_example(
            serialized,
            {
                "x": v1.io.FixedLenFeature([1], tf.float32),
                "x2": v1.io.FixedLenFeature([1], tf.float32, default_value=[0.0]),
            },
        )
        for feature in features.values():
            feature.set_shape((None, 1))
        x = tf.identity(features["x"], name="x")
        y = tf.add(tf.multiply(a, x), b, name="y")
        y2 = tf.add(tf.multiply(a, x), c, name="y2")
        x2 = tf.identity(features["x2"], name="x2")
        y3 = tf.add(tf.multiply(a, x2), c, name="y3")
        session.run(v1.global_variables_initializer())

        def signature(inputs, outputs, method):
            info = v1.saved_model.build_tensor_info
            return v1.saved_model.build_signature_def(
                {n: info(t) for n, t in inputs.items()},
                {n: info(t) for n, t in outputs.items()},
                f"tensorflow/serving/{method}",
            )

        example = {"inputs": serialized}
        builder = v1.saved_model.Builder(str(path))
        builder.add_meta_graph_and_variables(
            session,
            ["serve"],
            {
                "serving_default": signature({"x": x}, {"y": y}, "predict"),
                "regress_x_to_y": signature(example, {"outputs": y}, "regress"),
                "regress_x_to_y2": signature(example, {"outputs": y2}, "regress"),
                "regress_x2_to_y3": signature({"inputs": x2}, {"outputs": y3}, "regress"),
                "classify_x_to_y": signature(example, {"scores": y}, "classify"),
                "classify_x2_to_y3": signature({"inputs": x2}, {"scores": y3}, "classify"),
            },
        )
        builder.save()
    return path
