"""The data sets, one file each, and the code that their readers share."""
