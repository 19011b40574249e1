"""The same packages wired as their READMEs say: what the portal's sign-in is compared with."""
