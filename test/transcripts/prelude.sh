# Read by bash before the script of a transcript. What our commands say goes to one file, after each command as it was typed.
exec >> "$SAID" 2>&1
set -m
trap 'case $BASH_COMMAND in landfall*|process\ landfall*) printf "\n$ %s\n" "${BASH_COMMAND#process }" ;; esac' DEBUG

# Runs a command inside the test, which opens descriptors 4 and 5 of this shell: our stdout and stderr.
landfall() {
  local code
  exec 3<> "/dev/tcp/127.0.0.1/$CALLEE" 4>&1 5>&2
  { printf '%s\0' "$BASHPID" "$PWD" "$#" "$@"; env -0; printf '\0'; } >&3
  read -r code <&3
  exec 3>&- 4>&- 5>&-
  ended "$code"
}

# Runs a command as a process of its own.
process() {
  command "$@"
  ended $?
}

ended() {
  [ "$1" = 0 ] || echo "[exit $1]" >&2
  return "$1"
}

# Runs the command that the last answer advised.
advised() {
  local line
  line=$(sed -n 's/^ *next: .*\(landfall .*\)/\1/p' "$SAID" | tail -n 1)
  printf '\n$ %s\n' "$line"
  eval "$line"
}

# Sends a signal to the command of the given words once it has said some text: interrupt INT TEXT WORDS...
interrupt() {
  local signal=$1 text=$2 before pid
  shift 2
  before=$(wc -c < "$SAID")
  printf '\n$ landfall %s\n' "$*"
  command landfall "$@" &
  pid=$!
  until tail -c "+$((before + 1))" "$SAID" | grep -q -- "$text"; do sleep 0.05; done
  kill "-$signal" "$pid"
  printf '^%s\n' "$signal"
  wait "$pid"
  echo "[exit $?]"
}
