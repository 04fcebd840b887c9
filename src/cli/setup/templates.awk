# SPDX-License-Identifier: ISC
# The templates of deploy/, given as arguments, as a table in C.
BEGIN {
	print "/* made by templates.awk */"
	print "#include \"cli/setup/template.h\""
	print ""
	print "const struct template templates[] = {"
}
FNR == 1 {
	if (NR > 1)
		print "\t},"
	name = FILENAME
	sub(/^.*deploy\//, "", name)
	sub(/\.in$/, "", name)
	print "\t{ \"" name "\","
}
{
	gsub(/[\\"]/, "\\\\&")
	print "\t\"" $0 "\\n\""
}
END {
	print "\t},"
	print "\t{ 0, 0 }"
	print "};"
}
