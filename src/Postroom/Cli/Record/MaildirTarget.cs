using System.Globalization;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli.Record;

/// <summary>A Maildir that mails are taken out into: captured mail that was read lies in <c>cur</c>, marked as seen,
/// all else in <c>new</c>.</summary>
/// <remarks>A name follows from the mail, as in the Maildirs of the relay: whoever exports twice has each mail once,
/// and where a reader has put it.</remarks>
internal sealed class MaildirTarget
{
    private const char Flags = ':';

    private static readonly string[] Parts = ["tmp", "new", "cur"];

    private readonly string _folder;
    private readonly HashSet<string> _here;

    private MaildirTarget(string folder) => (_folder, _here) = (folder, Parts.Skip(1)
        .SelectMany(part => Directory.EnumerateFiles(Path.Combine(folder, part)))
        .Select(static file => Path.GetFileName(file).Split(Flags)[0]).ToHashSet(StringComparer.Ordinal));

    /// <exception cref="CliException">There is a folder, and it is something else.</exception>
    public static MaildirTarget Open(string folder)
    {
        if (OperatingSystem.IsWindows())
            throw new CliException(ExitCode.Usage,
                "a Maildir has a colon in its names, and Windows takes none: write --as eml");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()
            && !Parts.All(part => Directory.Exists(Path.Combine(folder, part))))
            throw new CliException(ExitCode.Usage, $"{SafeText.Of(folder)} is there and is no Maildir: it has not "
                + "tmp, new and cur in it; name one, or a folder that is not there");
        foreach (var part in Parts.Prepend(""))
            Folder.Create(Path.Combine(folder, part));
        return new MaildirTarget(folder);
    }

    /// <summary>It was taken out before.</summary>
    public bool Has(RecipientAnswer mail) => _here.Contains(NameOf(mail));

    /// <summary>Its bytes go into <c>tmp</c>, and it is there once it is whole.</summary>
    public ExportTarget Begin(RecipientAnswer mail)
    {
        var name = NameOf(mail);
        var place = mail is { Box: not null, Unread: not true } ? Path.Combine("cur", $"{name}{Flags}2,S")
            : Path.Combine("new", name);
        return ExportTarget.Open(Path.Combine(_folder, "tmp", name), Path.Combine(_folder, place));
    }

    private static string NameOf(RecipientAnswer mail) =>
        string.Create(CultureInfo.InvariantCulture, $"{mail.AcceptedAt.ToUnixTimeSeconds()}.{mail.Id}.postroom");
}
