"""Models that take long, take memory, or end their process."""

import tensorflow as tf


def write_busy(path):
    """Write a SavedModel with the signatures `spin`, `block` and `echo`."""
    module = tf.Module()
    module.kept = tf.Variable(tf.zeros([256, 256]))
    rows = tf.TensorSpec([None], tf.int32)

    @tf.function(input_signature=[rows])
    def spin(steps):
        """Many short operations: between two of them a run can be stopped."""

        def again(done, value):
            return done + 1, tf.linalg.matmul(value, module.kept + 0.001)

        most = tf.reduce_max(steps)
        _, value = tf.while_loop(
            lambda done, _: done < most, again, [0, tf.ones([256, 256])], parallel_iterations=1
        )
        return {"value": steps + tf.cast(value[0, 0] * 0.0, tf.int32)}

    @tf.function(input_signature=[rows])
    def block(size):
        """One operation of cubic time that nothing stops."""
        made = tf.random.stateless_normal([size[0], size[0]], [1, 2])
        return {"value": tf.linalg.svd(made, compute_uv=False)[None, :1]}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def echo(image_bytes):
        return {"length": tf.strings.length(image_bytes)}

    signatures = {"serving_default": spin, "spin": spin, "block": block, "echo": echo}
    tf.saved_model.save(module, str(path), signatures=signatures)
