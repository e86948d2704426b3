using System.Text;

namespace Postroom.Relay.Wire;

/// <summary>
/// The dialogue of a connection, kept as short strings that exist anyway; text only when somebody asks.
/// </summary>
/// <remarks>Bounded: past the bound it notes that more was said. The caller masks secrets before they come
/// here.</remarks>
public sealed class Transcript
{
    /// <summary>Characters kept.</summary>
    public const int Bound = 16_000;

    private readonly List<(char Side, string Line)> _lines = [];
    private int _length;
    private bool _isCut;

    /// <summary>What we said.</summary>
    public void Sent(string line) => Add('C', line);

    /// <summary>What the peer said.</summary>
    public void Received(string line) => Add('S', line);

    /// <summary>What happened besides: TLS, a time-out, the end.</summary>
    public void Noted(string line) => Add('-', line);

    /// <summary>Appends all of another.</summary>
    public void Include(Transcript other)
    {
        lock (other._lines)
            foreach (var (side, line) in other._lines)
                Add(side, line);
    }

    public override string ToString()
    {
        lock (_lines)
        {
            var text = new StringBuilder(_length + 32);
            foreach (var (side, line) in _lines)
                text.Append(side).Append(": ").Append(line).Append('\n');
            if (_isCut)
                text.Append("-: and more\n");
            return text.ToString();
        }
    }

    private void Add(char side, string line)
    {
        lock (_lines)
        {
            if (_length + line.Length > Bound)
            {
                _isCut = true;
                return;
            }

            _length += line.Length + 4;
            _lines.Add((side, line));
        }
    }
}
