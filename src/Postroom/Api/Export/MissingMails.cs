using System.Globalization;

namespace Postroom.Api.Export;

/// <summary>The mails that an export should have and has not: told, never passed over.</summary>
public sealed class MissingMails
{
    private const int MostNamed = 100;

    private readonly List<string> _named = [];

    public long Count { get; private set; }

    public void Add(string id)
    {
        Count++;
        if (_named.Count < MostNamed)
            _named.Add(id);
    }

    /// <summary>In a sentence.</summary>
    /// <param name="written">How many mails are there.</param>
    public string Says(long written) => string.Create(CultureInfo.InvariantCulture,
        $"{Count} of {Count + written} mails are not in this export: their bytes are no longer kept, or damaged: ")
            + string.Join(", ", _named)
            + (Count > _named.Count ? string.Create(CultureInfo.InvariantCulture, $" and {Count - _named.Count} more")
                : "");
}
