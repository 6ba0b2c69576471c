"""The pipeline: exports in, a released cohort and its survival results out."""
