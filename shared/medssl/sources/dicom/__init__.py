"""DICOM: which objects are scans, where their slices lie, and their voxels.

pydicom reads the headers, ITK's GDCM the pixels (every transfer syntax it knows, each file once).
The geometry is our own: ITK stacks slices along their normal, whatever the gantry's tilt, and takes
the sign of SpacingBetweenSlices; highdicom's volumes refuse tilt, too, and say of a bad series only
that it is none.
"""
