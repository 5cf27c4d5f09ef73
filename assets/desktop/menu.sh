# Shows the menu of all programs: ours first, then what is installed, by category.
list() {
  cat @DIR@/menu.csv
  jgmenu_run apps |
    grep -v -E '^(jgmenu|Tint2|Tint2 Settings|UXTerm|XTerm)( |,)' |
    sed -E '/,\^(root|checkout)\(/ s|,(applications\|preferences)-([a-z]+)$|,@DIR@/icons/\2.svg|'
}
[ "$1" = list ] && { list; exit; }
exec jgmenu --config-file=@DIR@/jgmenurc --csv-cmd='sh @DIR@/menu.sh list'
