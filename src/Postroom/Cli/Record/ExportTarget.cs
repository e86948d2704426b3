using System.Text;

namespace Postroom.Cli.Record;

/// <summary>Where an export goes: standard output, or a file that is there once it is whole, and before it, under its
/// own name, not at all.</summary>
internal sealed class ExportTarget : IAsyncDisposable
{
    private readonly string? _file;
    private readonly string _unfinished;
    private readonly TextWriter? _text;

    private ExportTarget(Stream octets, string unfinished, string? file, TextWriter? text) =>
        (Octets, _unfinished, _file, _text) = (octets, unfinished, file, text);

    public Stream Octets { get; }

    /// <param name="file"><c>-</c> is standard output.</param>
    public static ExportTarget Open(string file, Screen screen) => file == "-"
        ? new ExportTarget(Console.OpenStandardOutput(), "", null, screen.Out) : Open(file + ".part", file);

    public async Task WriteAsync(string text, CancellationToken cancel)
    {
        if (_text is not null)
            await _text.WriteAsync(text.AsMemory(), cancel);
        else
            await Octets.WriteAsync(Encoding.UTF8.GetBytes(text), cancel);
    }

    /// <summary>A file that is written under one name and is there, once it is whole, under another.</summary>
    public static ExportTarget Open(string unfinished, string file) => new(Make(unfinished), unfinished, file, null);

    /// <summary>It is whole.</summary>
    public async Task KeepAsync(CancellationToken cancel)
    {
        await Octets.FlushAsync(cancel);
        if (_file is null)
            return;
        await Octets.DisposeAsync();
        File.Move(_unfinished, _file, overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        await Octets.DisposeAsync();
        if (_file is not null)
            File.Delete(_unfinished);
    }

    // What people write to each other is for whoever asked for it alone.
    private static FileStream Make(string file)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(file, options);
    }
}
