"""Around the models: evaluating them on labelled pictures, training, exporting."""
