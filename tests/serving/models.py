"""Small models of every kind, with the signatures that exports publish and answers to foretell.

A drawn picture is of one colour: (length of its text, its seed, 100 × its truncation).
"""

import tensorflow as tf

SIDE = 8
TEXT = tf.TensorSpec([None], tf.string)
SEED = tf.TensorSpec([None], tf.int64)
SHARE = tf.TensorSpec([None], tf.float32)
POINT = tf.TensorSpec([None, 2], tf.float32)
NOISE = tf.TensorSpec([None, 1], tf.float32)


def plain(*colour):
    """PNGs of one colour each; values are float32 (N,)."""

    def one(values):
        return tf.io.encode_png(tf.cast(tf.broadcast_to(values, (SIDE, SIDE, 3)), tf.uint8))

    rows = tf.round(tf.stack([tf.cast(value, tf.float32) for value in colour], 1))
    return {"image_bytes": tf.map_fn(one, rows, fn_output_signature=tf.string)}


def changed(change, *files):
    """PNGs that a function makes of pictures."""

    def one(held):
        return tf.io.encode_png(change(*(tf.io.decode_png(data, 3) for data in held)))

    return {"image_bytes": tf.map_fn(one, files, fn_output_signature=tf.string)}


def length(text):
    return tf.cast(tf.strings.length(text), tf.float32)


def drawn(text):
    """Signatures of a model that draws from texts, whose input is called `text`."""
    encoder, vector = {
        "caption": ("encode_text", "embedding"),
        "labels": ("encode_labels", "condition"),
    }[text]

    def generate(seed, truncation, **texts):
        return plain(length(texts[text]), seed, 100.0 * truncation)

    def interpolate(alpha, seed, **texts):
        ends = length(texts[f"{text}_from"]), length(texts[f"{text}_to"])
        return plain((1.0 - alpha) * ends[0] + alpha * ends[1], seed, 0.0 * alpha)

    def encode(**texts):
        held = texts[text]
        ones = tf.ones(tf.shape(held))
        if text == "labels":
            return {vector: tf.stack([tf.cast(length(held) > 3.0, tf.float32), ones], 1)}
        vectors = tf.stack([length(held), ones], 1)
        words = tf.strings.split(held).to_tensor("", shape=(None, 5))
        attention = tf.cast(words != "", tf.float32)[:, None]
        split = tf.strings.split(held)  # words with an x are not known
        unknown = tf.ragged.boolean_mask(split, tf.strings.regex_full_match(split, ".*x.*"))
        lacking = tf.strings.reduce_join(unknown, axis=1, separator=" ")
        known = {"attention": attention, "tokens": words, "unknown_words": lacking}
        return {vector: vectors, **known}

    def synthesize(noise, **vectors):
        held = vectors[vector]
        return plain(held[:, 0], noise[:, 0], 50.0 * held[:, 1])

    return {
        "generate": (generate, {text: TEXT, "seed": SEED, "truncation": SHARE}),
        "interpolate": (
            interpolate,
            {f"{text}_from": TEXT, f"{text}_to": TEXT, "alpha": SHARE, "seed": SEED},
        ),
        encoder: (encode, {text: TEXT}),
        "synthesize": (synthesize, {"noise": NOISE, vector: POINT}),
    } | noise()


def noise():
    def sample_noise(seed):
        return {"noise": tf.cast(seed, tf.float32)[:, None]}

    return {"sample_noise": (sample_noise, {"seed": SEED})}


def from_seeds(outputs):
    """Signatures of a model that draws from noise alone."""

    def generate(seed, truncation):
        return outputs(tf.cast(seed, tf.float32), truncation)

    def synthesize(noise):
        return outputs(noise[:, 0], tf.ones_like(noise[:, 0]))

    return {
        "generate": (generate, {"seed": SEED, "truncation": SHARE}),
        "synthesize": (synthesize, {"noise": NOISE}),
    } | noise()


def melodies():
    def generate(chords, seed):
        bars = tf.strings.split(chords).to_tensor("")
        number = tf.cast(tf.range(tf.shape(bars)[1]), tf.int64)
        pitches = 60 + seed[:, None, None] + number[None, :, None]
        return {"pitches": tf.tile(pitches, (1, 1, 16))}

    def continue_melody(chords, seed, first_bar):
        return {
            "pitches": tf.concat([first_bar[:, None], generate(chords, seed)["pitches"][:, 1:]], 1)
        }

    return {
        "generate": (generate, {"chords": TEXT, "seed": SEED}),
        "continue_melody": (
            continue_melody,
            {"chords": TEXT, "seed": SEED, "first_bar": tf.TensorSpec((None, 16), tf.int64)},
        ),
    }


def picture_to_picture(**changes):
    """Signatures by name that change a picture each."""
    return {
        name: (
            lambda image_bytes, change=change: changed(change, image_bytes),
            {"image_bytes": TEXT},
        )
        for name, change in changes.items()
    }


def holes():
    def complete(image_bytes, mask_bytes):
        def red(picture, mask):
            return tf.where(mask > 0, tf.constant([255, 0, 0], tf.uint8), picture)

        return changed(red, image_bytes, mask_bytes)

    return {"complete": (complete, {"image_bytes": TEXT, "mask_bytes": TEXT})}


def reads_labels():
    """A classifier of three colours, of which a picture has one, and of dots."""

    def classify(image_bytes):
        count = tf.shape(image_bytes)[0]

        def each(values):
            return tf.tile(tf.constant([values]), (count, 1))

        return {
            "labels": each(["red", "green", "blue", "dot"]),
            "probabilities": each([0.5, 0.25, 0.25, 1.0]),
            "groups": each(["colour", "colour", "colour", "marks"]),
            "exclusive": each([True, True, True, False]),
        }

    return {"classify": (classify, {"image_bytes": TEXT})}


MODELS = {
    "captions": drawn("caption"),
    "labels": drawn("labels") | reads_labels() | picture_to_picture(reconstruct=tf.identity),
    "untold-labels": drawn("labels"),
    "noise": from_seeds(lambda seed, truncation: plain(seed, seed, 100.0 * truncation)),
    "points": from_seeds(lambda seed, truncation: {"point": tf.stack([seed, truncation], 1)}),
    "melodies": melodies(),
    "maps": picture_to_picture(translate=lambda picture: 255 - picture),
    "horses": picture_to_picture(
        translate=lambda picture: 255 - picture, translate_back=lambda picture: picture // 2
    ),
    "holes": holes(),
    "classifier": reads_labels(),
}


def write_model(folder, name):
    """Write a version of a model."""

    def traced(function, inputs):
        named = {key: tf.TensorSpec(spec.shape, spec.dtype, key) for key, spec in inputs.items()}
        return tf.function(function).get_concrete_function(**named)

    signatures = {key: traced(*signature) for key, signature in MODELS[name].items()}
    tf.saved_model.save(tf.Module(), str(folder / name / "1"), signatures)


def write_models(folder):
    """Write a version of each model, and the server's configuration file, whose path is given."""
    for name in MODELS:
        write_model(folder, name)
    config = folder / "models.config"
    listed = (
        f'config {{ name: "{name}" base_path: "{folder / name}" model_platform: "tensorflow" }}'
        for name in MODELS
    )
    config.write_text(f"model_config_list {{ {' '.join(listed)} }}")
    return config
