"""Results on their way back to a hospital: DICOM and NIfTI files of a slice, without its patient's names."""
